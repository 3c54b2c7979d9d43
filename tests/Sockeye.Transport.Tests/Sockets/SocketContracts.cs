using System.Net.Sockets;
using Sockeye.Transport.Tests.Contract;

namespace Sockeye.Transport.Tests.Sockets;

public sealed class TcpIPv4Contract() : TransportContract(new SocketFixture(AddressFamily.InterNetwork));

public sealed class TcpIPv6Contract() : TransportContract(new SocketFixture(AddressFamily.InterNetworkV6));

public sealed class TcpInlineContract() : TransportContract(new SocketFixture(AddressFamily.InterNetwork, inline: true));

public sealed class UnixSocketContract() : TransportContract(new SocketFixture(AddressFamily.Unix));
