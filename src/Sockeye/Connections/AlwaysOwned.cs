namespace Sockeye;

/// <summary>Marks a connection as its owner's to end.</summary>
internal sealed class AlwaysOwned : IConnectionOwnerFeature
{
    private AlwaysOwned()
    {
    }

    public static AlwaysOwned Instance { get; } = new();

    public bool HasOwner => true;
}
