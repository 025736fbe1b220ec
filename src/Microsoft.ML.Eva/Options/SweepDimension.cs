namespace Microsoft.ML.Eva;

/// <summary>
/// Something that a sweep varies: a name, the values it may take, and where they go. There are ready ones for what is most often tuned;
/// <see cref="Choice"/> and <see cref="Range"/> make one for any other property of the options.
/// </summary>
/// <remarks>Dimensions are applied in their order, but <see cref="Method"/> first, because it replaces what the others change.</remarks>
public abstract class SweepDimension
{
    private protected SweepDimension(string name) => Name = name;

    /// <summary>Gets the name that tables, pictures and the journal use.</summary>
    public string Name { get; }

    /// <summary>Whether values replace the whole method.</summary>
    internal virtual bool ReplacesMethod => false;

    /// <summary>A value at random.</summary>
    internal abstract SweepValue Draw(Random random);

    /// <summary>All values that are listed, or <paramref name="points"/> of a range.</summary>
    internal abstract IReadOnlyList<SweepValue> Grid(int points);

    internal abstract void Validate(OptionsValidator validator);

    /// <summary>Varies the (mean) rank of LoRA, DoRA and AdaLoRA; the scaling alpha / rank stays. Without effect on other methods.</summary>
    /// <param name="ranks">The ranks to try, 1 to 1,024.</param>
    public static SweepDimension Rank(params int[] ranks) => Choice("rank", (trial, rank) => SweptMethod.SetRank(trial.Adapter, rank), ranks);

    /// <summary>Varies how many times its rank a layer may get at most, for LoRA and DoRA that start from <see cref="EvaOptions"/>. Without effect on other methods.</summary>
    /// <param name="rhos">The values to try, at least 1.</param>
    public static SweepDimension Rho(params double[] rhos) => Choice("rho", (trial, rho) => SweptMethod.SetRho(trial.Adapter, rho), rhos);

    /// <summary>Varies the highest learning rate on a logarithmic scale.</summary>
    /// <param name="least">The lowest, greater than 0.</param>
    /// <param name="most">The highest, at most 10.</param>
    public static SweepDimension LearningRate(double least, double most) => Range("learning rate", least, most, (trial, rate) => trial.Training.LearningRate = rate, isLogarithmic: true);

    /// <summary>Varies the method of adaptation.</summary>
    /// <param name="methods">The methods, with what is theirs to set; they are copied.</param>
    public static SweepDimension Method(params AdapterOptions[] methods)
    {
        ArgumentNullException.ThrowIfNull(methods);
        return new SweepChoice<AdapterOptions>("method", [.. methods.Select(method => method?.Clone()!)], SweptMethod.Describe, (trial, method) => trial.Adapter = method.Clone(), replacesMethod: true);
    }

    /// <summary>Varies the number of passes over the training rows.</summary>
    /// <param name="epochs">The numbers to try, at least 1.</param>
    public static SweepDimension Epochs(params int[] epochs) => Choice("epochs", (trial, count) => trial.Training.Epochs = count, epochs);

    /// <summary>Varies the dropout on the adapters' inputs. Without effect on full fine-tuning.</summary>
    /// <param name="rates">The rates to try, 0 to less than 1.</param>
    public static SweepDimension Dropout(params double[] rates) => Choice("dropout", (trial, rate) => SweptMethod.SetDropout(trial.Adapter, rate), rates);

    /// <summary>Makes a dimension of listed values.</summary>
    /// <typeparam name="T">What the values are; their texts are what tables show, so they must differ.</typeparam>
    /// <param name="name">The dimension's name.</param>
    /// <param name="apply">Puts a value into a trial's options. The same value must always have the same effect.</param>
    /// <param name="values">The values to try.</param>
    public static SweepDimension Choice<T>(string name, Action<SweepTrialOptions, T> apply, params T[] values) where T : notnull
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(values);
        return new SweepChoice<T>(name, [.. values], SweptMethod.Text, apply);
    }

    /// <summary>Makes a dimension of all numbers between two, rounded to three digits.</summary>
    /// <param name="name">The dimension's name.</param>
    /// <param name="least">The lowest number.</param>
    /// <param name="most">The highest number.</param>
    /// <param name="apply">Puts a number into a trial's options. The same number must always have the same effect.</param>
    /// <param name="isLogarithmic">Whether ratios rather than differences count, as for learning rates; both ends must be greater than 0 then.</param>
    public static SweepDimension Range(string name, double least, double most, Action<SweepTrialOptions, double> apply, bool isLogarithmic = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(apply);
        return new SweepRange(name, least, most, isLogarithmic, apply);
    }
}
