using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>A read after which a handler continues in a new burst (<see cref="WriteCork"/>), if it had to wait.</summary>
internal readonly struct BurstRead(ValueTask<ReadResult> read, WriteCork? cork) : ICriticalNotifyCompletion
{
    public bool IsCompleted => read.IsCompleted;

    public BurstRead GetAwaiter() => this;

    public ReadResult GetResult() => read.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (cork is null)
            read.GetAwaiter().UnsafeOnCompleted(continuation);
        else
            cork.ContinueAfter(read, continuation);
    }
}
