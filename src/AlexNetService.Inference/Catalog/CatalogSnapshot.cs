using System.Diagnostics.CodeAnalysis;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>The models, ensembles and default that are served at one moment. Immutable; a change makes a new one.</summary>
public sealed class CatalogSnapshot
{
    private readonly Dictionary<string, IReadOnlyList<EnsembleMember>> members;
    private readonly IReadOnlyList<EnsembleCard> cards;

    /// <param name="loaded">The models, in ordinal order of their names; each is kept until the last user has left.</param>
    /// <param name="weighted">The same models, with the weights that count when a request names them.</param>
    /// <param name="ensembles">The ensembles, by name in ordinal order.</param>
    /// <param name="answering">The ensemble that answers requests that name no model.</param>
    /// <param name="cards">The ensembles of the repository, also of members that are not served.</param>
    internal CatalogSnapshot(
        IReadOnlyList<LoadedModel> loaded,
        IEnumerable<EnsembleMember> weighted,
        IReadOnlyList<NamedEnsemble> ensembles,
        Ensemble answering,
        IReadOnlyList<EnsembleCard> cards)
    {
        (Loaded, Ensembles, Default, this.cards) = (loaded, ensembles, answering, cards);
        Models = [.. loaded.Select(model => model.Session)];
        members = weighted.ToDictionary(
            member => member.Session.Card.Name, IReadOnlyList<EnsembleMember> (member) => [member], StringComparer.Ordinal);
        foreach (var ensemble in ensembles)
        {
            members.Add(ensemble.Name, ensemble.Ensemble.Members);
        }

        if (!loaded.All(model => model.Holders.TryEnter()))
        {
            throw new InvalidOperationException("A freed model cannot be served.");
        }

        Users = new UseCount(() =>
        {
            foreach (var model in loaded)
            {
                model.Holders.Leave();
            }
        });
    }

    /// <summary>The models, by name in ordinal order.</summary>
    public IReadOnlyList<ModelSession> Models { get; }

    /// <summary>The ensembles of settings and repository, by name in ordinal order.</summary>
    public IReadOnlyList<NamedEnsemble> Ensembles { get; }

    /// <summary>The ensemble that answers requests that name no model.</summary>
    public Ensemble Default { get; }

    /// <summary>The names that a request may use: those of the models, then those of the ensembles.</summary>
    public IEnumerable<string> Names => Models.Select(model => model.Card.Name).Concat(Ensembles.Select(ensemble => ensemble.Name));

    internal IReadOnlyList<LoadedModel> Loaded { get; }

    /// <summary>The catalog while it serves this snapshot, and every request that entered meanwhile.</summary>
    internal UseCount Users { get; }

    /// <summary>Finds a model by name; null where none is served.</summary>
    public ModelSession? Find(string name) => Models.FirstOrDefault(model => model.Card.Name == name);

    /// <summary>Selects the models that a request names; false where they cannot answer.</summary>
    /// <param name="names">
    /// Names of models and ensembles; the members of an ensemble keep its weights. Empty means the default. A model that is named twice
    /// counts once.
    /// </param>
    /// <param name="unknown">A name that is not served, or null.</param>
    /// <param name="mismatch">Why models that are all served cannot answer together, and the remedy, a sentence.</param>
    public bool TrySelect(
        IReadOnlyList<string> names, [NotNullWhen(true)] out Ensemble? ensemble, out string? unknown, out string mismatch)
    {
        ensemble = names.Count == 0 ? Default : null;
        string? reason = null;
        unknown = names.FirstOrDefault(name => !members.ContainsKey(name));
        if (unknown is null && names.Count > 0)
        {
            Ensemble.TryCreate([.. names.SelectMany(name => members[name])], out ensemble, out reason, cards);
        }

        mismatch = reason ?? "";
        return ensemble is not null;
    }
}

/// <summary>An ensemble of the settings or of the repository, under the name that requests use.</summary>
public sealed record NamedEnsemble(string Name, Ensemble Ensemble);
