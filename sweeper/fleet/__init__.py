"""Small machines that listen in rooms, and one console that knows what all of them heard.

    sensor:   session ─> Feed ─> Spool (disk) ─> Publisher ─> MQTT broker
    console:  MQTT broker ─> Subscriber ─> Rooms (SQLite) ─> a table, a plan of the rooms, JSON

What was heard is on the sensor's disk before it is sent and stays there until the broker has it; the console
acknowledges a message only when its row is committed, and a row's id can be there once only. So nothing is
lost or doubled while a link, the broker or either end is down. Bulk (samples, frames) never travels.
"""
