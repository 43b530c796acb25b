package dev.sluice.host.state;

class MemoryContractTest extends StateContract {
    private final MemoryStore store = MemoryStore.ofBytes(16 << 20);

    @Override
    StateStore store() {
        return store;
    }
}
