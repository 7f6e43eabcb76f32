# One image for web, worker, beat and the one-shot migration; the command decides.
FROM python:3.11-slim AS packages
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r requirements.lock

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GUANXI_VAR=/var/lib/guanxi
RUN useradd --system --uid 10001 --home-dir /var/lib/guanxi --create-home guanxi
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
# The secret below only satisfies the settings while files are collected; it is not in the running container.
RUN python crm_site/setup/catalogues.py locale \
    && DEBUG=0 SECRET_KEY=only-while-building python manage.py collectstatic --noinput \
    && chown -R guanxi /var/lib/guanxi
USER guanxi
ENV DEBUG=0
VOLUME /var/lib/guanxi
EXPOSE 8000
CMD ["gunicorn", "crm_site.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "30", \
     "--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket", "--access-logfile", "-"]
