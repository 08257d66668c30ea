using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Catalog;

/// <summary>What is served at one moment: models, ensembles and the default. Immutable; a change makes another one.</summary>
public sealed class CatalogSnapshot
{
    private readonly IReadOnlyList<LoadedModel> loaded;
    private readonly Dictionary<string, IReadOnlyList<EnsembleMember>> members;

    /// <param name="loaded">The models, in ordinal order of their names; each is held until the last user has left.</param>
    /// <param name="bound">What the settings make of them.</param>
    internal CatalogSnapshot(IReadOnlyList<LoadedModel> loaded, BoundEnsembles bound)
    {
        this.loaded = loaded;
        Models = [.. loaded.Select(model => model.Session)];
        Ensembles = bound.Ensembles;
        Default = bound.Default;
        members = bound.Models.ToDictionary(
            member => member.Session.Card.Name, IReadOnlyList<EnsembleMember> (member) => [member], StringComparer.Ordinal);
        foreach (var ensemble in Ensembles)
        {
            members.Add(ensemble.Name, ensemble.Ensemble.Members);
        }

        if (!loaded.All(model => model.Holders.TryEnter()))
        {
            throw new InvalidOperationException("A model that was freed cannot be served.");
        }

        Users = new UseCount(Free);
    }

    /// <summary>The models, by name in ordinal order.</summary>
    public IReadOnlyList<ModelSession> Models { get; }

    /// <summary>The ensembles of the settings, by name in ordinal order.</summary>
    public IReadOnlyList<NamedEnsemble> Ensembles { get; }

    /// <summary>What answers when a request names no model.</summary>
    public Ensemble Default { get; }

    /// <summary>What a request may name: the models, then the ensembles.</summary>
    public IEnumerable<string> Names => Models.Select(model => model.Card.Name).Concat(Ensembles.Select(ensemble => ensemble.Name));

    internal IReadOnlyList<LoadedModel> Loaded => loaded;

    /// <summary>The catalog, while this is what is served, and every request that came meanwhile.</summary>
    internal UseCount Users { get; }

    /// <summary>The model of a name, or null where none is served.</summary>
    /// <param name="name">Name of a model.</param>
    public ModelSession? Find(string name) => Models.FirstOrDefault(model => model.Card.Name == name);

    /// <summary>What a request names.</summary>
    /// <param name="names">
    /// Names of models and ensembles, whose members then answer with the ensemble's weights; empty means the default. A model named
    /// twice counts once.
    /// </param>
    public Selection Select(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return new Selection.Found(Default);
        }

        var selected = new List<EnsembleMember>();
        foreach (var name in names)
        {
            if (!members.TryGetValue(name, out var named))
            {
                return new Selection.Unknown(name);
            }

            selected.AddRange(named);
        }

        return Ensemble.TryCreate(selected, out var ensemble, out var reason)
            ? new Selection.Found(ensemble)
            : new Selection.Mismatched(reason);
    }

    private void Free()
    {
        foreach (var model in loaded)
        {
            model.Holders.Leave();
        }
    }
}

/// <summary>An ensemble of the settings.</summary>
/// <param name="Name">What requests call it.</param>
/// <param name="Ensemble">Its members.</param>
public sealed record NamedEnsemble(string Name, Ensemble Ensemble);
