namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// How often first predictions are right, by their probability, on photographs that neither weights nor temperature were fitted on. It
/// says when an answer is sure enough to be used, and how often such answers are wrong.
/// </summary>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10.</param>
/// <param name="Bins">The answers by probability, least probable first.</param>
public sealed record ConfidenceTable(string DataSet, int Images, int Crops, IReadOnlyList<ConfidenceBin> Bins)
{
    /// <summary>Share of right answers from which on an answer counts as confident, unless a request asks for another.</summary>
    public const double UsualShare = 0.9;

    // How many answers the model's own probability counts for: without them, a bin of two answers would promise an error of 0.
    private const double Prior = 2;

    /// <summary>The least probability from which on answers of every probability are right often enough.</summary>
    /// <param name="share">Share of them that must be right, 0 to 1.</param>
    /// <returns>The probability, 0 to 1; null if no answers are right so often.</returns>
    public double? Level(double share = UsualShare)
    {
        var (level, to) = ((double?)null, 1.0);
        foreach (var bin in Bins.Reverse())
        {
            if (ExpectedError((bin.From + to) / 2) > 1 - share)
            {
                break;
            }

            (level, to) = (bin.From, bin.From);
        }

        return level;
    }

    /// <summary>How often answers of about this probability are wrong, 0 to 1.</summary>
    public double ExpectedError(double probability)
    {
        var (answers, right) = Bins.LastOrDefault(bin => bin.From <= probability) is { } bin ? (bin.Answers, bin.Right) : (0, 0);
        return (answers - right + (Prior * (1 - probability))) / (answers + Prior);
    }
}

/// <summary>Answers of about the same probability.</summary>
/// <param name="From">Least probability of the first prediction, 0 to 1.</param>
/// <param name="Right">Number of those whose first prediction is right.</param>
public sealed record ConfidenceBin(double From, int Answers, int Right);
