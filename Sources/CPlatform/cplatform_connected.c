#define _GNU_SOURCE
#include "cplatform_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

int cplatform_connected_open(cplatform_address own, cplatform_address peer, int is_ipv6) {
    struct sockaddr_storage remote;
    int length = cplatform_to_sockaddr(peer, is_ipv6, &remote);
    if (length < 0) return length;
    cplatform_udp_features features;
    int descriptor = cplatform_udp_open(own, is_ipv6, &features);
    if (descriptor < 0) return descriptor;
    if (connect(descriptor, (struct sockaddr *)&remote, (socklen_t)length) != 0) {
        int code = -errno;
        close(descriptor);
        return code;
    }
    return descriptor;
}

int cplatform_connected_receive(int descriptor, void *room, size_t size, uint32_t *segment_bytes) {
    struct iovec part = {.iov_base = room, .iov_len = size};
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(descriptor, &message, MSG_DONTWAIT);
    if (count < 0) return -errno;
    *segment_bytes = (uint32_t)count;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == IPPROTO_UDP && head->cmsg_type == UDP_GRO) {
        int segment = 0;
        memcpy(&segment, CMSG_DATA(head), sizeof segment);
        if (segment > 0) *segment_bytes = (uint32_t)segment;
    }
    return (int)count;
}

int cplatform_connected_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
