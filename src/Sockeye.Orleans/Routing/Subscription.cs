namespace Sockeye.Orleans;

/// <summary>The state of one subscription of this node. Its table guards it with a lock.</summary>
internal sealed class Subscription(string topic)
{
    public string Topic => topic;

    /// <summary>Gets or sets whether the node subscribes, or has ended that.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Gets or sets the activation that holds the subscription, or null if it is not known to.</summary>
    public TopicEra? Era { get; set; }

    /// <summary>Gets or sets whether a grain may hold the subscription.</summary>
    public bool MayBeHeld { get; set; }

    /// <summary>Gets or sets whether the loop runs that makes the calls.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Gets or sets the number of times that the activation was lost. An answer to an earlier call does not count.
    /// </summary>
    public int Losses { get; set; }

    /// <summary>Gets or sets the wait for the subscription, or null if it is complete.</summary>
    public TaskCompletionSource? Waiter { get; set; }
}
