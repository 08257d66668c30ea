using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>The models, ensembles and default that are served at one moment. Immutable; a change makes a new one.</summary>
public sealed class CatalogSnapshot
{
    private readonly IReadOnlyList<LoadedModel> loaded;
    private readonly Dictionary<string, IReadOnlyList<EnsembleMember>> members;
    private readonly IReadOnlyList<EnsembleCard> cards;

    /// <param name="loaded">The models, in ordinal order of their names; each is kept until the last user has left.</param>
    /// <param name="bound">The ensembles of settings and repository, made of these models.</param>
    internal CatalogSnapshot(IReadOnlyList<LoadedModel> loaded, BoundEnsembles bound)
    {
        this.loaded = loaded;
        cards = bound.Cards;
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
            throw new InvalidOperationException("A freed model cannot be served.");
        }

        Users = new UseCount(Free);
    }

    /// <summary>The models, by name in ordinal order.</summary>
    public IReadOnlyList<ModelSession> Models { get; }

    /// <summary>The ensembles of settings and repository, by name in ordinal order.</summary>
    public IReadOnlyList<NamedEnsemble> Ensembles { get; }

    /// <summary>The ensemble that answers requests that name no model.</summary>
    public Ensemble Default { get; }

    /// <summary>The names that a request may use: those of the models, then those of the ensembles.</summary>
    public IEnumerable<string> Names => Models.Select(model => model.Card.Name).Concat(Ensembles.Select(ensemble => ensemble.Name));

    internal IReadOnlyList<LoadedModel> Loaded => loaded;

    /// <summary>The catalog while it serves this snapshot, and every request that entered meanwhile.</summary>
    internal UseCount Users { get; }

    /// <summary>Finds a model by name; null where none is served.</summary>
    /// <param name="name">Name of a model.</param>
    public ModelSession? Find(string name) => Models.FirstOrDefault(model => model.Card.Name == name);

    /// <summary>Selects the models that a request names.</summary>
    /// <param name="names">
    /// Names of models and ensembles; the members of an ensemble keep its weights. Empty means the default. A model that is named twice
    /// counts once.
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

        return Ensemble.TryCreate(selected, out var ensemble, out var reason, cards)
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

/// <summary>An ensemble of the settings or of the repository.</summary>
/// <param name="Name">The name that requests use.</param>
/// <param name="Ensemble">Its members.</param>
public sealed record NamedEnsemble(string Name, Ensemble Ensemble);
