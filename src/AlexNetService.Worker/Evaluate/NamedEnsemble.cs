using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Evaluate;

/// <summary>An ensemble to measure and to name.</summary>
/// <param name="name">Its name.</param>
/// <param name="root">The repository of its members.</param>
internal sealed class NamedEnsemble(string name, string root)
{
    /// <summary>Checks the name and the members, before anything is measured.</summary>
    /// <param name="name">Name of the ensemble.</param>
    /// <param name="folders">Folders of the members, …/NAME/VERSION.</param>
    /// <exception cref="InputException">The packages lie in different repositories, or the name is not possible.</exception>
    public static NamedEnsemble Of(string name, IReadOnlyList<string> folders)
    {
        string[] roots = [.. folders.Select(folder => Path.GetFullPath(Path.Combine(folder, "..", ".."))).Distinct()];
        return PackageName.Broken(name) is { } reason ? throw new InputException($"--ensemble: {reason}")
            : roots is [var root] ? new NamedEnsemble(name, root)
            : throw new InputException($"--ensemble needs packages of one repository, not of {string.Join(" and ", roots)}.");
    }

    /// <summary>Writes the ensemble's card beside the members' folders.</summary>
    /// <param name="folders">Folders of the members, in the order of the report.</param>
    /// <param name="report">What was measured of them.</param>
    /// <returns>Path of the file.</returns>
    public string Write(IReadOnlyList<string> folders, EvaluationReport report)
    {
        var measured = report.Ensemble ?? throw new InvalidOperationException("One model is no ensemble.");
        var cards = folders.Select(folder => ModelPackage.Open(folder).Card);
        return new EnsembleCard
        {
            Name = name,

            // A member of weight 0 has no part in the mean.
            Members =
            [
                .. cards.Select((card, i) => new EnsembleCardMember(
                    card.Name, card.Version, card.Graph.Sha256, report.Weights?.Values[i] ?? card.EnsembleWeight ?? 1))
                    .Where(member => member.Weight > 0),
            ],
            Metrics =
            [
                .. measured.Errors.Select(error => new ErrorMetric(
                    report.DataSet,
                    report.ValidationFraction is null ? "all" : "validation",
                    error.Images,
                    error.Crops,
                    error.Top1Error,
                    error.Top5Error)),
            ],
            Confidence = report.ConfidenceOf(measured.Calibration),
        }.Write(root);
    }
}
