"""What `ptdevice scan` makes of what it heard: which device each one is, or why none; which unit of ours, or why it is not."""
