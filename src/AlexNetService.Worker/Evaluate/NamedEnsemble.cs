namespace AlexNetService.Worker.Evaluate;

/// <summary>An ensemble to measure and to name: its card lies beside its members' folders.</summary>
internal sealed record NamedEnsemble(string Name, string Repository)
{
    /// <summary>Checks the name and that the members, …/NAME/VERSION, lie in one repository, before anything is measured.</summary>
    public static NamedEnsemble Of(string name, IReadOnlyList<string> folders)
    {
        string[] roots = [.. folders.Select(CommonOptions.RepositoryOf).Distinct()];
        return PackageName.Broken(name) is { } reason ? throw new InputException($"--ensemble: {reason}")
            : roots is [var root] ? new NamedEnsemble(name, root)
            : throw new InputException($"--ensemble needs packages of one repository, not of {string.Join(" and ", roots)}.");
    }

    /// <summary>Writes the card and returns its path; the folders are in the order of the report.</summary>
    public string Write(IReadOnlyList<string> folders, EvaluationReport report)
    {
        var measured = report.Ensemble ?? throw new InvalidOperationException("One model is no ensemble.");
        var members = folders.Select(folder => ModelPackage.Open(folder).Card).Select((card, i) => new EnsembleCardMember(
            card.Name, card.Version, card.Graph.Sha256, report.Weights?.Values[i] ?? card.EnsembleWeight ?? 1));
        return new EnsembleCard
        {
            Name = Name,

            // A member of weight 0 has no part in the mean.
            Members = [.. members.Where(member => member.Weight > 0)],
            Metrics = [.. measured.Errors.Select(error => error.ToMetric(report.DataSet, report.Split))],
            Confidence = report.ConfidenceOf(measured.Calibration),
        }.Write(Repository);
    }
}
