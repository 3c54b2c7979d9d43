using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Engine;

/// <summary>
/// Serves the connections of simulated hosts by an engine of the Linux transport: its threads are items of the run's queue, and
/// its kernel is the simulated network.
/// </summary>
internal sealed class SimulatedLinuxEngine
{
    [ThreadStatic]
    private static SimulationLoop? _loop;

    private readonly EngineThread _thread;

    private SimulatedLinuxEngine(SimulatedHost host, Interleaving interleaving, EngineParts parts)
    {
        var stack = host.Stack;
        Interleaving = interleaving;
        Kernel = new(stack, interleaving, parts.Faults);
        var threads = parts.CreateThreads(Kernel, interleaving, host.TimeProvider);
        stack.Options.UnsafePreferInlineScheduling = parts.RunsInline;
        var errors = new EngineErrorLog();
        errors.UseLogger(new FailingLogger(stack.Loop));
        var setup = new EngineSetup(parts.Engine, stack.Options)
        {
            Connections = stack.ConnectionOptions,
            Pool = stack.Options.Segments.First,
            Kernel = Kernel,
            Threads = threads,
            ErrorLog = errors,
        };
        _thread = parts.Engine is LinuxEngine.IoUring ? new RingThread(setup, parts.Rings, 0) : new EpollThread(setup, 0);
        _thread.Start();
        stack.OpenConnection = Open;
        // Each engine takes the continuations of its own handlers.
        var others = stack.Loop.TakeContinuation;
        stack.Loop.TakeContinuation = (continuation, state) =>
            RunsHandler ? threads.TryContinue(continuation, state) : others is not null && others(continuation, state);
    }

    public SimulatedKernel Kernel { get; }

    public Interleaving Interleaving { get; }

    /// <summary>The memory of the engine itself that connections hold, in blocks.</summary>
    public long RentedBlocks => (_thread.RentedBytes + SegmentPool.SmallSize - 1) / SegmentPool.SmallSize;

    /// <summary>Whether a handler of this engine runs now.</summary>
    private bool RunsHandler => HandlerQueue.Current?.Engine == _thread
        || (_thread is { IsCurrent: true, IsFinished: false } && _thread.Setup.RunsHandlersInline);

    /// <summary>Ends the engine, and the connections that are open.</summary>
    public Task StopAsync()
    {
        _thread.Stop();
        return _thread.Ended;
    }

    /// <summary>Continues a connection of this host on a descriptor of its socket.</summary>
    public ConnectionContext Attach(SafeHandle socket, MovedBytes stream) =>
        Attachment.Attach(Kernel, () => _thread.TryReserve() ? _thread : null, socket, stream);

    /// <summary>Serves each host that is added to the network from now on. Returns the engines, which grow with the
    /// hosts.</summary>
    public static IReadOnlyList<SimulatedLinuxEngine> Use(SimulatedNetwork network, EngineParts parts)
    {
        _loop = network.Loop;
        var interleaving = new Interleaving(network.Loop, parts.Faults);
        var engines = new List<SimulatedLinuxEngine>();
        network.HostAdded = host => engines.Add(new(host, interleaving, parts));
        return engines;
    }

    /// <summary>
    /// An assertion of the engine throws, and the engine catches what its work throws, to end one connection. So the run is
    /// failed where the assertion throws.
    /// </summary>
    [ModuleInitializer]
    internal static void FailRunsOnAssertions() => AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) =>
    {
        if (_loop is { } loop && thrown.Exception.GetType().Name is "TraceAssertException")
            loop.Fail(thrown.Exception);
    };

    private ConnectionContext Open(TcpSocket tcp)
    {
        var isReserved = _thread.TryReserve();
        Assert.True(isReserved, "A simulated engine runs as long as its host.");
        return _thread.StartConnection(Kernel.Open(tcp), SocketFunction.Accept);
    }

    private sealed class FailingLogger(SimulationLoop loop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            loop.Fail(new InvalidOperationException(formatter(state, exception), exception));
    }
}
