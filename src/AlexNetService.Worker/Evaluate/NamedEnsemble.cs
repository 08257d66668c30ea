using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Writes the card of an ensemble that was measured.</summary>
internal static class NamedEnsemble
{
    /// <summary>Writes the card beside the members' folders.</summary>
    /// <param name="name">Name of the ensemble.</param>
    /// <param name="folders">Folders of the members, …/NAME/VERSION, all of one repository.</param>
    /// <param name="report">What was measured of them.</param>
    /// <returns>Path of the file.</returns>
    /// <exception cref="InputException">The packages lie in different repositories.</exception>
    public static string Write(string name, IReadOnlyList<string> folders, EvaluationReport report)
    {
        string[] roots = [.. folders.Select(folder => Path.GetFullPath(Path.Combine(folder, "..", ".."))).Distinct()];
        if (roots is not [var root] || report.Ensemble is not { } measured)
        {
            throw new InputException($"--ensemble needs packages of one repository, not of {string.Join(" and ", roots)}.");
        }

        var cards = folders.Select(folder => ModelPackage.Open(folder).Card).ToArray();
        return new EnsembleCard
        {
            Name = name,
            Members =
            [
                .. cards.Select((card, i) => new EnsembleCardMember(
                    card.Name, card.Version, card.Graph.Sha256, report.Weights?.Values[i] ?? card.EnsembleWeight ?? 1)),
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
