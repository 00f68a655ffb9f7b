"""One file per box of the flow, called by dags/ and by nothing else; Airflow is unknown here.

create_run -> notify_start -> [scan_chunk -> process_chunk -> grade_chunk] -> notify_done
-> publish_report
"""
