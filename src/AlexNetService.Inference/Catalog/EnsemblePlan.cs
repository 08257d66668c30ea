using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>The default and the ensembles of the settings, by name, to be bound to the models that are loaded.</summary>
internal sealed class EnsemblePlan
{
    private const string DefaultSetting = $"{RepositoryOptions.Section}:{nameof(RepositoryOptions.Default)}";
    private readonly IReadOnlyList<ListedMember> defaults;
    private readonly IReadOnlyList<(string Name, IReadOnlyList<ListedMember> Members)> ensembles;

    /// <exception cref="CatalogException">A setting cannot be read.</exception>
    public EnsemblePlan(RepositoryOptions repository, EnsembleOptions options)
    {
        defaults = MemberList.Parse(DefaultSetting, repository.Default);
        ensembles =
        [
            .. options.Members.OrderBy(ensemble => ensemble.Key, StringComparer.Ordinal)
                .Select(ensemble => (ensemble.Key, Members(ensemble))),
        ];
        if (defaults.FirstOrDefault(member => member.Weight is not null && IsEnsemble(member.Name)) is { Name: { } weighted })
        {
            throw new CatalogException([$"{DefaultSetting} gives '{weighted}' a weight; give it to the members, in {Setting(weighted)}."]);
        }
    }

    /// <summary>Whether the settings name the models that answer by default.</summary>
    public bool HasDefault => defaults.Count > 0;

    public bool IsEnsemble(string name) => ensembles.Any(ensemble => ensemble.Name == name);

    /// <summary>The setting that names a model and therefore needs it, or null.</summary>
    public string? SettingThatNames(string model) =>
        defaults.Any(member => member.Name == model) ? DefaultSetting
        : ensembles.FirstOrDefault(ensemble => ensemble.Members.Any(member => member.Name == model)) is { Name: { } name } ? Setting(name)
        : null;

    /// <summary>Binds the names to models.</summary>
    /// <param name="models">The models to serve.</param>
    /// <param name="answering">Names of the models that answer by default where the settings name none.</param>
    /// <param name="cards">The ensembles of the repository. One is served under its name while all its members are.</param>
    /// <exception cref="CatalogException">A name is missing or ambiguous, or members do not fit together.</exception>
    public BoundEnsembles Bind(
        IReadOnlyList<ModelSession> models, IReadOnlySet<string> answering, IReadOnlyList<EnsembleCard> cards)
    {
        if (models.FirstOrDefault(model => IsEnsemble(model.Card.Name)) is { Card.Name: var ambiguous })
        {
            throw new CatalogException([
                $"'{ambiguous}' is a model and, by {Setting(ambiguous)}, an ensemble. Give the ensemble another name.",
            ]);
        }

        var members = models.ToDictionary(model => model.Card.Name, model => new EnsembleMember(model), StringComparer.Ordinal);
        var bound = ensembles.Select(ensemble =>
        {
            var setting = Setting(ensemble.Name);
            return new NamedEnsemble(ensemble.Name, Fit(setting, Bind(setting, ensemble.Members, members), cards));
        }).Concat(OfTheRepository(cards, members)).OrderBy(ensemble => ensemble.Name, StringComparer.Ordinal).ToArray();
        foreach (var (name, weight) in defaults)
        {
            if (weight is { } own && members.TryGetValue(name, out var member))
            {
                members[name] = member with { Weight = own };
            }
        }

        var byDefault = !HasDefault
            ? [.. members.Values.Where(member => answering.Contains(member.Session.Card.Name))]
            : defaults.SelectMany(member => bound.FirstOrDefault(ensemble => ensemble.Name == member.Name)?.Ensemble.Members
                ?? Bind(DefaultSetting, [member], members)).ToArray();
        return new BoundEnsembles([.. members.Values], bound, Fit(DefaultSetting, byDefault, cards), cards);
    }

    private IEnumerable<NamedEnsemble> OfTheRepository(
        IReadOnlyList<EnsembleCard> cards, Dictionary<string, EnsembleMember> members) =>
        from card in cards
        where !IsEnsemble(card.Name) && card.Members.All(member => members.ContainsKey(member.Name))
        let weighted = card.Members.Select(member => members[member.Name] with { Weight = member.Weight })
        select members.ContainsKey(card.Name)
            ? throw new CatalogException([
                $"'{card.Name}' is a model and, by {card.Name}{EnsembleCard.FileSuffix}, an ensemble. Give the ensemble another name.",
            ])
            : new NamedEnsemble(card.Name, Fit(card.Name + EnsembleCard.FileSuffix, [.. weighted], cards));

    private static string Setting(string ensemble) => $"{EnsembleOptions.Section}:{ensemble}";

    private static IReadOnlyList<ListedMember> Members(KeyValuePair<string, string> ensemble)
    {
        if (PackageName.Broken(ensemble.Key) is { } reason)
        {
            throw new CatalogException([$"{Setting(ensemble.Key)}: {reason}"]);
        }

        return MemberList.Parse(Setting(ensemble.Key), ensemble.Value) is { Count: > 0 } members
            ? members
            : throw new CatalogException([$"{Setting(ensemble.Key)} names no model. Name its members, such as cifar-a=2,cifar-b."]);
    }

    private static EnsembleMember[] Bind(
        string setting, IReadOnlyList<ListedMember> listed, Dictionary<string, EnsembleMember> members) =>
    [
        .. listed.Select(each => members.TryGetValue(each.Name, out var member)
            ? member with { Weight = each.Weight ?? member.Weight }
            : throw new CatalogException([
                $"{setting} names '{each.Name}', which is not loaded; there is {string.Join(", ", members.Keys)}.",
                $"Add it to the folder and to ModelRepository:Load, or remove it from {setting}.",
            ])),
    ];

    private static Ensemble Fit(string setting, IReadOnlyList<EnsembleMember> members, IReadOnlyList<EnsembleCard> cards)
    {
        return Ensemble.TryCreate(members, out var ensemble, out var reason, cards) ? ensemble : throw new CatalogException([
            $"{setting}: {reason}",
            setting == DefaultSetting
                ? $"Set {DefaultSetting} to the models that answer when a request names none."
                : $"Change {setting}.",
        ]);
    }
}

/// <summary>The ensembles of settings and repository, bound to the loaded models.</summary>
/// <param name="Models">The models, with the weights that count when a request names them.</param>
/// <param name="Ensembles">The ensembles, by name in ordinal order.</param>
/// <param name="Default">The ensemble that answers requests that name no model.</param>
/// <param name="Cards">The ensembles of the repository, also of members that are not served.</param>
internal sealed record BoundEnsembles(
    IReadOnlyList<EnsembleMember> Models, IReadOnlyList<NamedEnsemble> Ensembles, Ensemble Default, IReadOnlyList<EnsembleCard> Cards);
