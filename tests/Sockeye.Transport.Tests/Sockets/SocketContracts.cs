using System.Net.Sockets;
using Sockeye.Transport.Tests.Contract;

namespace Sockeye.Transport.Tests.Sockets;

public sealed class TcpIPv4Contract() : TcpContract(new SocketFixture(AddressFamily.InterNetwork));

public sealed class TcpIPv6Contract() : TcpContract(new SocketFixture(AddressFamily.InterNetworkV6));

public sealed class TcpInlineContract() : TcpContract(new SocketFixture(AddressFamily.InterNetwork, inline: true));

public sealed class UnixSocketContract() : QueueContract(new SocketFixture(AddressFamily.Unix));
