"""The scan engine: asks questions fast, honestly and politely, and hands over every answer.

The only place with sockets. It knows questions and answers, and nothing of record families,
databases, archives or Airflow. Nothing here says whether an answer is good or bad.
"""
