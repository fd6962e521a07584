print("swarm: not furnished yet")
