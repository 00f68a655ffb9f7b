# Airflow and what DNStats runs on, exactly as requirements.txt locks it, every file checked against
# its hash. The official image gives the system, the user airflow (50000, not root) and the
# entrypoint; its own Python packages stay out of it: other versions, and a hundred more of them.
FROM apache/airflow:3.3.2-python3.12 AS airflow
ENV PIP_USER=0 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY --chown=airflow:root requirements.txt /tmp/requirements.txt
RUN python3 -m venv /opt/airflow/venv \
    && /opt/airflow/venv/bin/python -m pip install --no-deps --require-hashes --requirement /tmp/requirements.txt \
    && /opt/airflow/venv/bin/python -m pip check \
    # A new volume takes over owner and mode of the folder that it covers.
    && mkdir -m 0770 /opt/airflow/var /opt/airflow/secrets
ENV PATH=/opt/airflow/venv/bin:$PATH PYTHONPATH=/opt/airflow/plugins

# With the code inside, for Kubernetes; docker-compose.yaml mounts it instead.
FROM airflow AS dnstats
COPY --chown=airflow:root dags /opt/airflow/dags
COPY --chown=airflow:root plugins /opt/airflow/plugins
COPY --chown=airflow:root include /opt/airflow/include
