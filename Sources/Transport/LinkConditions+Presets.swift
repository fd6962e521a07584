// Links that one meets, towards the client. They are places to start from, not promises: real ones
// change by the minute. Change what a test is about and keep the rest.

import CairnBasics

extension LinkConditions {
    /// Wi-Fi at home with a good signal: 5 ms and 2 ms of jitter, 1 % lost in bursts of 3, 100 Mbit/s
    /// with 200 kB of queue (the preset `wifi` of str0m-netem 0.2), and stations that wait for the
    /// air: a tail of 1 ms.
    public static let wifi = LinkConditions(
        bursts: .losing(permille: 10, inBurstsOf: 3), delay: .milliseconds(5),
        jitter: .milliseconds(2), tail: .milliseconds(1), keepsOrder: true,
        rate: LinkRate(bitsPerSecond: 100_000_000, queueBytes: 200_000))

    /// LTE: 13 Mbit/s and 70 ms there and back in the median (Huang et al., "A close examination of
    /// performance and power characteristics of 4G LTE networks", MobiSys 2012). The radio repeats
    /// what it loses, so order holds, little is lost and delays have a tail; the operator's queue is
    /// deep (Jiang et al., "Tackling bufferbloat in 3G/4G networks", IMC 2012): 300 ms here.
    public static let lte = LinkConditions(
        bursts: .losing(permille: 3, inBurstsOf: 4), delay: .milliseconds(30),
        jitter: .milliseconds(10), tail: .milliseconds(3), keepsOrder: true,
        rate: .megabits(13, queue: .milliseconds(300)))

    /// A shared line in the evening: 5 Mbit/s behind a queue of half a second, as residential uplinks
    /// have (Dischinger et al., "Characterizing residential broadband networks", IMC 2007), where
    /// others fill it: 20 ms of jitter with a tail of 5 ms, 1 % lost, and now and then a detour.
    public static let congested = LinkConditions(
        loss: Ratio(1, in: 100), duplication: Ratio(1, in: 1_000), delay: .milliseconds(20),
        jitter: .milliseconds(20), tail: .milliseconds(5), keepsOrder: true,
        reordering: Ratio(1, in: 200), detour: .milliseconds(10),
        rate: .megabits(5, queue: .milliseconds(500)))

    /// A geostationary satellite: 600 ms there and back and 50 Mbit/s (draft-kuhn-quic-4-sat-06,
    /// section 3), 0.3 % lost in bursts of 4, 20 ms of jitter from the sharing of the channel.
    public static let satellite = LinkConditions(
        bursts: .losing(permille: 3, inBurstsOf: 4), delay: .milliseconds(290),
        jitter: .milliseconds(20), keepsOrder: true,
        rate: .megabits(50, queue: .milliseconds(300)))
}
