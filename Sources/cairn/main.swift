print("cairn: not furnished yet")
