"""What every request gets: the user's language, the night it reads, and no cached customer data."""

from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from customers.selectors.nights import published_night


class UserLanguageMiddleware:
    """A signed-in user's own language wins over cookie and browser; pages with customer data are never cached."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = getattr(request.user, "language", "")
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class PublishedNightMiddleware:
    """`request.night` is the published night, read once a request: no page mixes two (falsy before the first)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.night = SimpleLazyObject(published_night)
        return self.get_response(request)
