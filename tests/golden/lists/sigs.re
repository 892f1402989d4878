# name: /pattern/flags
eicar: /X5O!P%@AP\[4\\PZX54\(P\^\)7CC\)7\}\$EICAR/
shell-download: /(?:wget|curl)\s+https?:\/\/[^ ]+\s*\|\s*(?:ba)?sh/i
