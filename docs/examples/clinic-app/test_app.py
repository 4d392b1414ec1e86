from app import Counter


def test_the_app_counts_what_the_gateway_recorded(ptdevice_clinic):
    clinic = ptdevice_clinic("evening.toml")
    with Counter(clinic.host, clinic.port) as counter:
        clinic.run()
        clinic.eventually(lambda: counter.gateway == "offline")
    assert counter.repetitions == len(clinic.records("exercise/repetition")) == 18
    clinic.golden("evening.jsonl")
