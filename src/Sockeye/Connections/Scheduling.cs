using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Finds the scheduler, clock and randomness of a transport, and starts work on a scheduler.</summary>
internal static class Scheduling
{
    public static PipeScheduler GetScheduler(object transport) =>
        (transport as ISchedulingTransport)?.Scheduler ?? PipeScheduler.ThreadPool;

    public static TimeProvider GetTimeProvider(object transport) =>
        (transport as ISelfContainedTransport)?.TimeProvider ?? TimeProvider.System;

#pragma warning disable RS0030 // The one place where chance comes from the process: clients of different processes must differ.
    public static Random GetRandom(object transport) => (transport as ISelfContainedTransport)?.Random ?? Random.Shared;
#pragma warning restore RS0030

    public static PipeScheduler GetScheduler(ConnectionContext connection) =>
        connection.Features.Get<IConnectionIoFeature>()?.Scheduler ?? PipeScheduler.ThreadPool;

    public static TimeProvider GetTimeProvider(ConnectionContext connection) =>
        connection.Features.Get<IConnectionIoFeature>()?.TimeProvider ?? TimeProvider.System;

    public static bool IsThreadPool(this PipeScheduler scheduler) => scheduler == PipeScheduler.ThreadPool;

    /// <summary>Continues as ordinary work of the thread pool, behind what is queued there.</summary>
    public static ConfiguredTaskAwaitable YieldToThreadPool() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Queues a work item. On the thread pool and on engine threads, this allocates nothing.</summary>
    public static void Queue(this PipeScheduler scheduler, IThreadPoolWorkItem item)
    {
        if (scheduler.IsThreadPool())
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        else if (scheduler is IWorkItemScheduler items)
            items.Queue(item);
        else
            scheduler.Schedule(static item => ((IThreadPoolWorkItem)item!).Execute(), item);
    }

    /// <summary>Starts work on the scheduler, without the caller's context. The returned task completes with the work.</summary>
    public static async Task<T> RunAsync<T>(this PipeScheduler scheduler, Func<Task<T>> work)
    {
        var started = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        scheduler.Schedule(_ => started.SetResult(work()), null);
        return await await started.Task;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(this PipeScheduler scheduler, Func<Task> work) => scheduler.RunAsync(async () =>
    {
        await work();
        return true;
    });
}
