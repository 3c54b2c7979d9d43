using System.Net;
using DotNetty.Transport.Bootstrapping;
using DotNetty.Transport.Channels;
using DotNetty.Transport.Channels.Sockets;

namespace Sockeye.Comparison.Servers;

/// <summary>DotNetty with one event loop, as the server has one processor.</summary>
internal static class DotNettyEcho
{
    public static async Task<IPEndPoint> StartAsync()
    {
        var bootstrap = new ServerBootstrap()
            .Group(new MultithreadEventLoopGroup(1), new MultithreadEventLoopGroup(1))
            .Channel<TcpServerSocketChannel>()
            .Option(ChannelOption.SoBacklog, 4096)
            .ChildOption(ChannelOption.TcpNodelay, true)
            .ChildHandler(new ActionChannelInitializer<IChannel>(child => child.Pipeline.AddLast(new Echo())));
        var listening = await bootstrap.BindAsync(IPAddress.Loopback, 0);
        return (IPEndPoint)listening.LocalAddress;
    }

    private sealed class Echo : ChannelHandlerAdapter
    {
        public override void ChannelRead(IChannelHandlerContext context, object message) => context.WriteAsync(message);

        public override void ChannelReadComplete(IChannelHandlerContext context) => context.Flush();

        // Back-pressure: what the peer does not take is not read either.
        public override void ChannelWritabilityChanged(IChannelHandlerContext context) =>
            context.Channel.Configuration.AutoRead = context.Channel.IsWritable;

        public override void ExceptionCaught(IChannelHandlerContext context, Exception exception) => context.CloseAsync();
    }
}
