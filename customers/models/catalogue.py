"""What is sold: product categories (business lines) and products."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A product category, which is a business line of the firm."""

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("category"), _("categories")
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="category_name_given")]

    def __str__(self):
        return self.name


class Product(models.Model):
    """Something the firm sells."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=300)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.SET_NULL, related_name="products"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("product"), _("products")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="product_code_given")]

    def __str__(self):
        return f"{self.code} {self.name}" if self.name != self.code else self.code
