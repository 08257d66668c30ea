namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// An ensemble of a repository, in the file <c>NAME.ensemble.json</c> beside the folders of its members. It gives the members a common
/// name, and says how good their mean is.
/// </summary>
public sealed record EnsembleCard
{
    /// <summary>What follows the name in the name of the file.</summary>
    public const string FileSuffix = ".ensemble.json";

    /// <summary>Name of the ensemble; requests use it like the name of a model.</summary>
    public required string Name { get; init; }

    /// <summary>The members.</summary>
    public required IReadOnlyList<EnsembleCardMember> Members { get; init; }

    /// <summary>Errors of the mean on labelled photographs.</summary>
    public IReadOnlyList<ErrorMetric> Metrics { get; init => field = value ?? []; } = [];

    /// <summary>How often the mean's first prediction is right, by its probability.</summary>
    public ConfidenceTable? Confidence { get; init; }

    /// <summary>Whether models are exactly the measured members, with the same relative weights.</summary>
    /// <param name="models">SHA-256 of each model's graph, and its weight.</param>
    public bool IsOf(IReadOnlyList<(string Sha256, double Weight)> models)
    {
        var (mine, theirs) = (Members.Sum(member => member.Weight), models.Sum(model => model.Weight));
        return models.Count == Members.Count && models.All(model => Members.Any(member =>
            member.Sha256 == model.Sha256 && Math.Abs((member.Weight / mine) - (model.Weight / theirs)) < 1e-6));
    }

    /// <summary>Reads the ensembles of a repository, by name in ordinal order.</summary>
    /// <exception cref="InvalidPackageException">A file is not an ensemble card, or its name is not that of the ensemble.</exception>
    public static IReadOnlyList<EnsembleCard> ReadAll(string root) => Directory.Exists(root)
        ? [.. Directory.EnumerateFiles(root, "*" + FileSuffix).Order(StringComparer.Ordinal).Select(Read)]
        : [];

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InvalidPackageException">The name is not possible.</exception>
    public string Write(string root)
    {
        var path = Path.Combine(root, Name + FileSuffix);
        if (PackageName.Broken(Name) is { } reason)
        {
            throw new InvalidPackageException(path, reason);
        }

        WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, CardJson.Format.EnsembleCard));
        return path;
    }

    private static EnsembleCard Read(string path)
    {
        try
        {
            using var stream = new MemoryStream(RegularFile.ReadAllBytes(path, ModelPackage.MaxCardBytes));
            var card = JsonSerializer.Deserialize(stream, CardJson.Format.EnsembleCard);
            return card is { Members.Count: > 0 }
                && Path.GetFileName(path) == card.Name + FileSuffix
                && PackageName.Broken(card.Name) is null
                && card.Members.All(member => member is { Weight: > 0 })
                ? card
                : throw new InvalidPackageException(path, $"it is not the card of an ensemble of that name. {Remedy}");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InvalidPackageException(path, $"it cannot be read ({e.Message}) {Remedy}", e);
        }
    }

    private static string Remedy => "Write it again: alexnet evaluate --package … --ensemble NAME";
}

/// <summary>A member of an ensemble.</summary>
/// <param name="Weight">Its weight in the mean, relative to the other members; above 0.</param>
public sealed record EnsembleCardMember(string Name, int Version, string Sha256, double Weight);
