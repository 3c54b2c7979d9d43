namespace Sockeye.Analyzers;

/// <summary>The full names of the types that the rules look for.</summary>
internal static class Names
{
    public const string ConnectionContext = "Microsoft.AspNetCore.Connections.ConnectionContext";
    public const string ConnectionDelegate = "Microsoft.AspNetCore.Connections.ConnectionDelegate";
    public const string ConnectionHandler = "Microsoft.AspNetCore.Connections.ConnectionHandler";
    public const string ListenerFactory = "Microsoft.AspNetCore.Connections.IConnectionListenerFactory";
    public const string PipeReader = "System.IO.Pipelines.PipeReader";
    public const string Sequence = "System.Buffers.ReadOnlySequence";
    public const string Memory = "System.ReadOnlyMemory";

    public const string Codec = "Sockeye.Codec";
    public const string FrameCodec = "Sockeye.FrameCodec";
    public const string FrameDecoder = "Sockeye.IFrameDecoder";
    public const string FrameEncoder = "Sockeye.IFrameEncoder";
    public const string ListenOptions = "Sockeye.ListenOptions";
    public const string ListenOptionsMessages = "Sockeye.ListenOptionsMessageExtensions";
    public const string MessageConnection = "Sockeye.MessageConnection";
    public const string ServerOptions = "Sockeye.SockeyeServerOptions";
    public const string SocketTransportOptions = "Sockeye.SocketTransportOptions";
    public const string SimulatedNetwork = "Sockeye.Testing.SimulatedNetwork";
}
