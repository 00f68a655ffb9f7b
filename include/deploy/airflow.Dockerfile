# Airflow with what DNStats runs on, by the lock. The code itself is mounted, not copied.
FROM apache/airflow:3.3.2-python3.12
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/requirements.txt \
    # A new volume takes over owner and mode of the folder that it covers.
    && mkdir -p /opt/airflow/var && chmod g+rwX /opt/airflow/var
