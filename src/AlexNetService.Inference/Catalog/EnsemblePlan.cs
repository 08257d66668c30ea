using System.Globalization;
using AlexNetService.Inference.Ensembles;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Catalog;

/// <summary>
/// The default and the ensembles of the settings, by name, to be bound to the models that are loaded. A setting lists members as
/// <c>name[=weight],…</c>; without a weight that of the model's card counts.
/// </summary>
internal sealed class EnsemblePlan
{
    private const string DefaultSetting = $"{RepositoryOptions.Section}:{nameof(RepositoryOptions.Default)}";
    private readonly (string Name, double? Weight)[] defaults;
    private readonly (string Name, (string Name, double? Weight)[] Members)[] ensembles;

    /// <exception cref="CatalogException">A setting cannot be read.</exception>
    public EnsemblePlan(RepositoryOptions repository, EnsembleOptions options)
    {
        defaults = Parse(DefaultSetting, repository.Default);
        ensembles =
        [
            .. options.Members.OrderBy(ensemble => ensemble.Key, StringComparer.Ordinal)
                .Select(ensemble => (ensemble.Key, ParseEnsemble(ensemble.Key, ensemble.Value))),
        ];
        if (Array.Find(defaults, member => member.Weight is not null && IsEnsemble(member.Name)) is { Name: { } weighted })
        {
            throw new CatalogException([$"{DefaultSetting} gives '{weighted}' a weight; give it to the members, in {Setting(weighted)}."]);
        }
    }

    /// <summary>Whether the settings name the models that answer by default.</summary>
    public bool HasDefault => defaults.Length > 0;

    public bool IsEnsemble(string name) => Array.Exists(ensembles, ensemble => ensemble.Name == name);

    /// <summary>The setting that names a model and therefore needs it, or null.</summary>
    public string? SettingThatNames(string model) =>
        Array.Exists(defaults, member => member.Name == model) ? DefaultSetting
        : Array.Find(ensembles, ensemble => Array.Exists(ensemble.Members, member => member.Name == model)) is { Name: { } name }
            ? Setting(name)
        : null;

    /// <summary>Binds the names to models.</summary>
    /// <param name="models">The models to serve, in ordinal order of their names.</param>
    /// <param name="answering">Names of the models that answer by default where the settings name none.</param>
    /// <param name="cards">The ensembles of the repository. One is served under its name while all its members are.</param>
    /// <exception cref="CatalogException">A name is missing or ambiguous, or members do not fit together.</exception>
    public CatalogSnapshot Bind(IReadOnlyList<LoadedModel> models, IReadOnlySet<string> answering, IReadOnlyList<EnsembleCard> cards)
    {
        if (models.FirstOrDefault(model => IsEnsemble(model.Name)) is { Name: var ambiguous })
        {
            throw Ambiguous(ambiguous, Setting(ambiguous));
        }

        var members = models.ToDictionary(model => model.Name, model => new EnsembleMember(model.Session), StringComparer.Ordinal);
        var bound = ensembles
            .Select(named => (named.Name, Place: Setting(named.Name), Members: Find(Setting(named.Name), named.Members, members)))
            .Concat(OfTheRepository(cards, members))
            .Select(ensemble => new NamedEnsemble(ensemble.Name, Fit(ensemble.Place, ensemble.Members, cards)))
            .OrderBy(ensemble => ensemble.Name, StringComparer.Ordinal).ToArray();
        foreach (var (name, weight) in defaults)
        {
            if (weight is { } own && members.TryGetValue(name, out var member))
            {
                members[name] = member with { Weight = own };
            }
        }

        EnsembleMember[] byDefault = HasDefault
            ? [.. defaults.SelectMany(member => Array.Find(bound, ensemble => ensemble.Name == member.Name)?.Ensemble.Members
                ?? Find(DefaultSetting, [member], members))]
            : [.. members.Values.Where(member => answering.Contains(member.Session.Card.Name))];
        return new CatalogSnapshot(models, members.Values, bound, Fit(DefaultSetting, byDefault, cards), cards);
    }

    private IEnumerable<(string Name, string Place, EnsembleMember[] Members)> OfTheRepository(
        IReadOnlyList<EnsembleCard> cards, Dictionary<string, EnsembleMember> members) =>
        from card in cards
        where !IsEnsemble(card.Name) && card.Members.All(member => members.ContainsKey(member.Name))
        let file = card.Name + EnsembleCard.FileSuffix
        let weighted = card.Members.Select(member => members[member.Name] with { Weight = member.Weight }).ToArray()
        select members.ContainsKey(card.Name) ? throw Ambiguous(card.Name, file) : (card.Name, file, weighted);

    private static string Setting(string ensemble) => $"{EnsembleOptions.Section}:{ensemble}";

    private static CatalogException Ambiguous(string name, string place) =>
        new([$"'{name}' is a model and, by {place}, an ensemble. Give the ensemble another name."]);

    private static (string Name, double? Weight)[] ParseEnsemble(string name, string list)
    {
        if (PackageName.Broken(name) is { } reason)
        {
            throw new CatalogException([$"{Setting(name)}: {reason}"]);
        }

        return Parse(Setting(name), list) is { Length: > 0 } members
            ? members
            : throw new CatalogException([$"{Setting(name)} names no model. Name its members, such as cifar-a=2,cifar-b."]);
    }

    private static (string Name, double? Weight)[] Parse(string setting, string list)
    {
        (string Name, double? Weight)[] members =
        [
            .. RepositoryOptions.Split(list).Select(text => text.Split('=', StringSplitOptions.TrimEntries) switch
            {
                [var name] => (name, (double?)null),
                [var name, var number] when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) =>
                    (name, weight),
                _ => throw new CatalogException([$"{setting} has '{text}' where name or name=weight is expected, such as cifar-a=2."]),
            }),
        ];
        return members.CountBy(member => member.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
            ? throw new CatalogException([$"{setting} names '{twice}' more than once. Give it a weight instead."])
            : members;
    }

    private static EnsembleMember[] Find(
        string setting, (string Name, double? Weight)[] listed, Dictionary<string, EnsembleMember> members) =>
    [
        .. listed.Select(each => members.TryGetValue(each.Name, out var member)
            ? member with { Weight = each.Weight ?? member.Weight }
            : throw new CatalogException([
                $"{setting} names '{each.Name}', which is not loaded; there is {string.Join(", ", members.Keys)}.",
                $"Add it to the folder and to ModelRepository:Load, or remove it from {setting}.",
            ])),
    ];

    private static Ensemble Fit(string setting, EnsembleMember[] members, IReadOnlyList<EnsembleCard> cards) =>
        Ensemble.TryCreate(members, out var ensemble, out var reason, cards)
            ? ensemble
            : throw new CatalogException([
                $"{setting}: {reason}",
                setting == DefaultSetting
                    ? $"Set {DefaultSetting} to the models that answer when a request names none."
                    : $"Change {setting}.",
            ]);
}
