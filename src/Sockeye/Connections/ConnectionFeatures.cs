using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Sockeye;

/// <summary>
/// The features of a connection: the interfaces that its owner implements, and those that middleware has set, which have
/// priority.
/// </summary>
/// <remarks>
/// Allocates nothing until middleware sets a feature, unlike a <see cref="FeatureCollection"/>, which would have a filled
/// dictionary for each idle connection. Like every feature collection, it is for one caller at a time.
/// </remarks>
internal sealed class ConnectionFeatures(object owner, Type[] possibleFeatures) : IFeatureCollection
{
    /// <summary>An array, because it is smaller than a dictionary and faster for a few items.</summary>
    private (Type Key, object? Feature)[] _set = [];

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => IndexOf(key) is >= 0 and var index ? _set[index].Feature : key.IsInstanceOfType(owner) ? owner : null;
        set
        {
            if (IndexOf(key) is >= 0 and var index)
                _set[index].Feature = value;
            else
                _set = [.. _set, (key, value)];
            Revision++;
        }
    }

    public TFeature? Get<TFeature>() =>
        IndexOf(typeof(TFeature)) is >= 0 and var index ? (TFeature?)_set[index].Feature : owner is TFeature own ? own : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var type in possibleFeatures)
        {
            if (type.IsInstanceOfType(owner) && IndexOf(type) < 0)
                yield return new(type, owner);
        }

        foreach (var (type, feature) in _set)
        {
            if (feature is not null)
                yield return new(type, feature);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _set.Length; i++)
        {
            if (_set[i].Key == key)
                return i;
        }

        return -1;
    }
}
