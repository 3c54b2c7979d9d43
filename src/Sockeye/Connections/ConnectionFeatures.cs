using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>The features of a connection: what its owner implements, under whatever middleware has set over it.</summary>
/// <remarks>
/// Costs nothing until a middleware sets a feature, where a <see cref="FeatureCollection"/> would hold a filled dictionary for
/// every idle connection. Like every feature collection it is for one caller at a time.
/// </remarks>
internal sealed class ConnectionFeatures(object owner, Type[] possibleFeatures) : IFeatureCollection
{
    private Dictionary<Type, object?>? _set;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => _set is not null && _set.TryGetValue(key, out var set) ? set : key.IsInstanceOfType(owner) ? owner : null;
        set
        {
            (_set ??= [])[key] = value;
            Revision++;
        }
    }

    public TFeature? Get<TFeature>() =>
        _set is not null && _set.TryGetValue(typeof(TFeature), out var set) ? (TFeature?)set
        : owner is TFeature own ? own : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var type in possibleFeatures)
        {
            if (type.IsInstanceOfType(owner) && (_set is null || !_set.ContainsKey(type)))
                yield return new(type, owner);
        }

        foreach (var (type, feature) in _set ?? [])
        {
            if (feature is not null)
                yield return new(type, feature);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
