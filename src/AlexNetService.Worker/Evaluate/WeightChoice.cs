using System.Globalization;

namespace AlexNetService.Worker.Evaluate;

/// <summary>The weights that an ensemble is measured with: searched, given, or those in the cards.</summary>
/// <param name="Search">Whether to search them.</param>
/// <param name="Given">The given weights, summing to 1, or null.</param>
internal sealed record WeightChoice(bool Search, double[]? Given)
{
    /// <summary>The weights in the cards.</summary>
    public static WeightChoice Cards { get; } = new(Search: false, Given: null);

    /// <summary>Parses the value of <c>--weights</c>.</summary>
    /// <param name="text">The value, or null if the option is missing.</param>
    /// <param name="models">Number of models.</param>
    /// <exception cref="InputException">It is neither <c>search</c> nor a usable number for each model.</exception>
    public static WeightChoice Parse(string? text, int models)
    {
        if (text is null)
        {
            return Cards;
        }

        if (models < 2)
        {
            throw new InputException("--weights are for an ensemble; name two or more models.");
        }

        if (text == "search")
        {
            return new WeightChoice(Search: true, Given: null);
        }

        var numbers = text.Split(',').Select(part => Number(part, text)).ToArray();
        if (numbers.Length != models)
        {
            throw new InputException($"--weights has {numbers.Length} numbers for {models} models; give one for each, packages first.");
        }

        return numbers.Any(number => number < 0) || numbers.Sum() is not > 0
            ? throw new InputException("--weights must not be below 0, nor all 0.")
            : new WeightChoice(Search: false, [.. numbers.Select(number => number / numbers.Sum())]);
    }

    private static double Number(string part, string text) =>
        double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new InputException($"--weights takes 'search' or numbers such as 0.6,0.4, not '{text}'.");
}
