using System.Diagnostics.CodeAnalysis;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Ensembles;

/// <summary>
/// A model in an ensemble, open (whoever opened it disposes it), and its share in the mean, relative to the other members', above 0.
/// </summary>
public sealed record EnsembleMember(ModelSession Session, double Weight)
{
    /// <summary>A member with the weight that its card names, or 1.</summary>
    public EnsembleMember(ModelSession session)
        : this(session, session.Card.EnsembleWeight ?? 1)
    {
    }
}

/// <summary>Models that answer together: the weighted mean of their probabilities. One model alone is an ensemble of one.</summary>
public sealed class Ensemble
{
    private readonly int[] summing;

    private Ensemble(IReadOnlyList<EnsembleMember> members, EnsembleCard? card = null)
    {
        Members = members;
        Card = card;
        Confidence = members is [{ Session.Card.Confidence: var own }] ? own : card?.Confidence;
        summing = [.. Enumerable.Range(0, members.Count).OrderBy(i => members[i].Session.Card.Name, StringComparer.Ordinal)];
        CanvasSides = [.. members.Select(member => member.Session.Card.Preprocessing.Canvas).Distinct()];
    }

    /// <summary>The members, in the order they were named.</summary>
    public IReadOnlyList<EnsembleMember> Members { get; }

    /// <summary>The card of the repository's ensemble that has exactly these members, or null.</summary>
    public EnsembleCard? Card { get; }

    /// <summary>How often first predictions are right, by their probability; null if that was not measured.</summary>
    public ConfidenceTable? Confidence { get; }

    /// <summary>The classes that all members share.</summary>
    public IReadOnlyList<ClassLabel> Labels => Members[0].Session.Card.Labels;

    /// <summary>The distinct canvas sides of the members, in pixels: a photograph is decoded once for each.</summary>
    public IReadOnlyList<int> CanvasSides { get; }

    /// <summary>Crops that every member takes in one run.</summary>
    internal int MaxCropsPerRun => Members.Min(member => member.Session.MaxCropsPerRun);

    /// <summary>Time that one thread needs for a crop of one member, the mean over the members, as far as it is known.</summary>
    internal TimeSpan CropTime => TimeSpan.FromSeconds(Members.Average(member => member.Session.CropTime.TotalSeconds));

    /// <summary>The only member.</summary>
    /// <exception cref="ArgumentException">There are several.</exception>
    internal ModelSession Only => Members is [var only]
        ? only.Session
        : throw new ArgumentException($"{Members.Count} models were named where one can answer. Name one model.");

    /// <summary>An ensemble of one model, open; whoever opened it disposes it.</summary>
    public static Ensemble Alone(ModelSession session) => new([new EnsembleMember(session, Weight: 1)]);

    /// <summary>
    /// Whether a first prediction of this probability is right at least as often as the share, 0 to 1, and how often such predictions are
    /// wrong; nulls if that was not measured with these views.
    /// </summary>
    public (bool? Confident, double? ExpectedError) Judge(
        float probability, TestViews views, double share = ConfidenceTable.UsualShare) =>
        Confidence is { } table && table.Crops == (int)views
            ? (probability >= table.Level(share), Math.Round(table.ExpectedError(probability), 4))
            : (null, null);

    /// <summary>
    /// Makes an ensemble of members, at least one, that fit together; otherwise the reason is a sentence that says what to do. A member
    /// that is named twice counts once. The ensemble gets the card that names exactly these members, if there is one.
    /// </summary>
    public static bool TryCreate(
        IReadOnlyList<EnsembleMember> members,
        [NotNullWhen(true)] out Ensemble? ensemble,
        [NotNullWhen(false)] out string? reason,
        IReadOnlyList<EnsembleCard>? cards = null)
    {
        members = [.. members.Distinct()];
        reason = Mismatch(members);
        (string, double)[] models = [.. members.Select(member => (member.Session.Card.Graph.Sha256, member.Weight))];
        ensemble = reason is null ? new Ensemble(members, cards?.FirstOrDefault(card => card.IsOf(models))) : null;
        return reason is null;
    }

    /// <summary>
    /// Weighted mean of [members,classes] over the members, the same to the last bit in whatever order the members were named.
    /// </summary>
    internal void Mean(ReadOnlySpan<float> byMember, Span<float> mean)
    {
        var total = summing.Sum(member => Members[member].Weight);
        for (var index = 0; index < mean.Length; index++)
        {
            var sum = 0.0;
            foreach (var member in summing)
            {
                sum += Members[member].Weight * byMember[(member * mean.Length) + index];
            }

            mean[index] = (float)(sum / total);
        }
    }

    /// <summary>Checks that the members give what is asked for.</summary>
    /// <exception cref="ArgumentException">Logits or features of several models, or of one whose card does not name them.</exception>
    internal void Require(OutputKinds outputs)
    {
        if (outputs == 0)
        {
            throw new ArgumentException("No output is requested.");
        }

        if (outputs != OutputKinds.Probabilities)
        {
            var missing = outputs & ~Only.Outputs;
            if (missing != 0)
            {
                throw new ArgumentException($"The card of '{Only.Card.Name}' names no tensor for {missing}.");
            }
        }
    }

    private static string? Mismatch(IReadOnlyList<EnsembleMember> members)
    {
        if (members.Count == 0)
        {
            return "An ensemble needs at least one model.";
        }

        if (members.FirstOrDefault(member => !(member.Weight > 0) || !double.IsFinite(member.Weight)) is { } weightless)
        {
            return $"The weight {weightless.Weight} of '{weightless.Session.Card.Name}' must be above 0.";
        }

        if (members.CountBy(member => member.Session).FirstOrDefault(model => model.Value > 1) is { Key.Card.Name: var twice })
        {
            return $"'{twice}' is named more than once and with different weights. Name it once.";
        }

        var first = members[0].Session.Card;
        return members.FirstOrDefault(member => !ClassLabel.AreSame(member.Session.Card.Labels, first.Labels))?.Session.Card is { } other
            ? $"'{first.Name}' ({first.Labels.Count} classes) and '{other.Name}' ({other.Labels.Count} classes) have different labels "
                + "and cannot answer together. Name models with the same labels."
            : null;
    }
}
