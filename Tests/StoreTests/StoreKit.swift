import CairnStore
