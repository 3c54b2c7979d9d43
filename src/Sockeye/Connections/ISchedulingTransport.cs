using System.IO.Pipelines;

namespace Sockeye;

/// <summary>A transport that says where its connections' code has to run, as a simulated network does. Others: the thread pool.</summary>
internal interface ISchedulingTransport
{
    PipeScheduler Scheduler { get; }
}
