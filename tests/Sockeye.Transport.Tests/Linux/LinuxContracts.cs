using Sockeye.Linux;
using Sockeye.Transport.Tests.Contract;

namespace Sockeye.Transport.Tests.Linux;

public sealed class EpollContract() : TcpContract(new LinuxFixture(LinuxEngine.Epoll));

public sealed class EpollInlineContract() : TcpContract(new LinuxFixture(LinuxEngine.Epoll, inline: true));

public sealed class EpollUnixContract() : QueueContract(new LinuxFixture(LinuxEngine.Epoll, isUnix: true));

public sealed class IoUringContract() : TcpContract(new LinuxFixture(LinuxEngine.IoUring));

public sealed class IoUringInlineContract() : TcpContract(new LinuxFixture(LinuxEngine.IoUring, inline: true));

public sealed class IoUringUnixContract() : QueueContract(new LinuxFixture(LinuxEngine.IoUring, isUnix: true));

public sealed class IoUringOlderKernelContract()
    : TcpContract(new LinuxFixture(LinuxEngine.IoUring) { RingSettings = LinuxFixture.OlderKernel });

public sealed class IoUringScarceContract()
    : TcpContract(new LinuxFixture(LinuxEngine.IoUring, inline: true) { RingSettings = LinuxFixture.Scarce });
