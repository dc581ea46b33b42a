// Reads packets of the door controller.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <vector>

struct Packet {
    std::uint16_t length;
    char body[64];
};

// BAD: the length comes from the network and is never compared with the room there is
void copyBody(const std::uint8_t* data, Packet* packet) {
    std::memcpy(packet->body, data + 2, packet->length);
}

// GOOD: nothing is copied that has no room
bool copyBodyChecked(std::span<const std::uint8_t> data, Packet& packet) {
    if (data.size() < 2) return false;
    std::memcpy(&packet.length, data.data(), sizeof(packet.length));
    if (packet.length > sizeof(packet.body) || data.size() - 2 < packet.length) return false;
    std::memcpy(packet.body, data.data() + 2, packet.length);
    return true;
}

const char* doorName(int door) {
    // Never return this, the text is gone when the function ends:
    //     std::string name = "door " + std::to_string(door);
    //     return name.c_str();
    static const std::vector<std::string> names{"front", "back", "roof"};
    return names.at(static_cast<std::size_t>(door)).c_str();
}
