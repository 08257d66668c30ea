namespace AlexNetService.Worker.Evaluate;

/// <summary>The weights that an ensemble is measured with: searched, given (they sum to 1), or those in the cards.</summary>
internal sealed record WeightChoice(bool Search, double[]? Given)
{
    public static WeightChoice Cards { get; } = new(Search: false, Given: null);

    /// <summary>Parses the value of <c>--weights</c> for a number of models; null if the option is missing.</summary>
    public static WeightChoice Parse(string? text, int models)
    {
        if (text is null)
        {
            return Cards;
        }

        InputException.ThrowIf(models < 2, "--weights are for an ensemble; name two or more models.");
        if (text == "search")
        {
            return new WeightChoice(Search: true, Given: null);
        }

        var numbers = Array.ConvertAll(text.Split(','), part => CommonOptions.NumberOf(part)
            ?? throw new InputException($"--weights takes 'search' or numbers such as 0.6,0.4, not '{text}'."));
        return numbers.Length != models
            ? throw new InputException($"--weights has {numbers.Length} numbers for {models} models; give one for each, packages first.")
            : numbers.Any(number => number < 0) || numbers.Sum() is not > 0
            ? throw new InputException("--weights must not be below 0, nor all 0.")
            : new WeightChoice(Search: false, [.. numbers.Select(number => number / numbers.Sum())]);
    }
}
