"""Pictures of a run: what was said on MQTT beside what was true, on one page of HTML and on a terminal."""
