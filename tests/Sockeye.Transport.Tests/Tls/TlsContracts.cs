using System.Net.Sockets;
using System.Security.Authentication;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Contract;
using Sockeye.Transport.Tests.Linux;
using Sockeye.Transport.Tests.Simulated;
using Sockeye.Transport.Tests.Sockets;

namespace Sockeye.Transport.Tests.Tls;

public sealed class TlsOnSocketsContract() : TransportContract(new TlsFixture(new SocketFixture(AddressFamily.InterNetwork)));

public sealed class Tls12OnSocketsContract()
    : TransportContract(new TlsFixture(new SocketFixture(AddressFamily.InterNetwork), SslProtocols.Tls12));

public sealed class TlsInlineContract()
    : TransportContract(new TlsFixture(new SocketFixture(AddressFamily.InterNetwork, inline: true)));

public sealed class TlsOnUnixSocketsContract() : TransportContract(new TlsFixture(new SocketFixture(AddressFamily.Unix)));

public sealed class TlsOnEpollContract() : TransportContract(new TlsFixture(new LinuxFixture(LinuxEngine.Epoll)));

public sealed class TlsOnIoUringContract() : TransportContract(new TlsFixture(new LinuxFixture(LinuxEngine.IoUring)));

public sealed class TlsSimulatedContract() : TransportContract(new TlsFixture(new SimulatedFixture(0)));

public sealed class TlsSimulatedLossyContract() : TransportContract(new TlsFixture(new SimulatedFixture(0.02)));
