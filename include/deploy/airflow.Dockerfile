# Airflow with what DNStats runs on, by the lock: every file of it checked against its hash. The
# code itself is mounted, not copied. The base image's user is `airflow` (50000), not root.
FROM apache/airflow:3.3.2-python3.12
COPY --chown=airflow:root requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/requirements.txt \
    && pip check \
    # A new volume takes over owner and mode of the folder that it covers.
    && mkdir -p -m 0770 /opt/airflow/var /opt/airflow/secrets
