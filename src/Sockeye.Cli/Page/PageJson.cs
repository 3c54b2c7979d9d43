using System.Text.Json.Serialization;

namespace Sockeye.Cli;

/// <summary>A press of a button.</summary>
/// <param name="Action">Its name.</param>
/// <param name="Port">The port of the client, for a button of a connection.</param>
/// <param name="Side">The end, for a button of a connection.</param>
internal sealed record PageRequest(string? Action, int? Port, string? Side);

/// <summary>The answer to a press.</summary>
internal sealed record PageAnswer(string Message);

/// <summary>One end of a connection.</summary>
/// <param name="Local">The local endpoint; null if no socket is left.</param>
/// <param name="Remote">The remote endpoint.</param>
/// <param name="State">The state of the kernel's socket; "CLOSED" if none is left.</param>
/// <param name="IsOpen">Whether the program has the socket and can use it.</param>
/// <param name="HasSentEnd">Whether this end has sent FIN.</param>
/// <param name="Handle">The number of the socket in the process; null if the process does not have it.</param>
/// <param name="Socket">The queues and the timer; null if no socket is left.</param>
internal sealed record PageEndView(
    string? Local, string? Remote, string State, bool IsOpen, bool HasSentEnd, long? Handle, KernelNumbers? Socket);

/// <summary>The numbers of a socket in the kernel.</summary>
internal sealed record KernelNumbers(long? SendQueue, long? ReceiveQueue, string? Timer, double? TimeLeft, int? Retransmits);

/// <summary>A connection.</summary>
/// <param name="Port">The port of the client.</param>
/// <param name="Name">The name of the client.</param>
/// <param name="IsAccepted">Whether the server has called <c>accept()</c> for it.</param>
/// <param name="Client">The client's end.</param>
/// <param name="Server">The server's end.</param>
internal sealed record PagePairView(int Port, string Name, bool IsAccepted, PageEndView Client, PageEndView Server);

/// <summary>The listening socket.</summary>
internal sealed record PageListenerView(
    string EndPoint, string State, bool IsPaused, int? QueueDepth, int? QueueLimit, long? Overflows, long? Drops);

/// <summary>The process of the server, and its CPU time.</summary>
internal sealed record PageProcessView(int Id, string Engine, IReadOnlyList<ServingThread> Threads, double? Percent);

/// <summary>The places that the page has its data from.</summary>
internal sealed record PageSourcesView(string States, bool HasAllStates, bool HasPackets, string NoPackets);

/// <summary>Everything that the page shows.</summary>
internal sealed record PageView(
    double Now, PageSourcesView Sources, PageListenerView Listener, PageProcessView Process, IReadOnlyList<PagePairView> Pairs,
    IReadOnlyList<Segment> Segments, long LastSegment, IReadOnlyList<PageCall> Calls, long LastCall);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PageView))]
[JsonSerializable(typeof(PageAnswer))]
[JsonSerializable(typeof(PageRequest))]
internal sealed partial class PageJson : JsonSerializerContext;
