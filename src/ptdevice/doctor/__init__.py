"""What `ptdevice doctor` looks at, each in a file of its own: facts in, findings out. It changes nothing on the host."""
