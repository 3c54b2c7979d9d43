namespace Sockeye;

/// <summary>Marks a connection that its owner ends.</summary>
internal sealed class AlwaysOwned : IConnectionOwnerFeature
{
    private AlwaysOwned()
    {
    }

    public static AlwaysOwned Instance { get; } = new();

    public bool HasOwner => true;
}
