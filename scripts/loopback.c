// Preloaded into solana-test-validator by start-engineering-validator.sh: what would listen on every address of the machine listens on
// 127.0.0.1. The validator has no option for that: its JSON-RPC, WebSocket and faucet are bound to 0.0.0.0 whatever --bind-address says.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in own;
    if (address && address->sa_family == AF_INET && length >= sizeof own) {
        own = *(const struct sockaddr_in *)address;
        if (own.sin_addr.s_addr == htonl(INADDR_ANY)) {
            own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            return syscall(SYS_bind, descriptor, &own, sizeof own);
        }
    }
    return syscall(SYS_bind, descriptor, address, length);
}
