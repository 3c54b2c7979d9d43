using Sockeye.Linux;
using Sockeye.Transport.Tests.Contract;

namespace Sockeye.Transport.Tests.Linux;

public sealed class EpollContract() : TcpContract(new LinuxFixture(LinuxEngine.Epoll));

public sealed class EpollInlineContract() : TcpContract(new LinuxFixture(LinuxEngine.Epoll, inline: true));
