import Inspector
print("hi")
