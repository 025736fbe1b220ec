using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Reads episodes from a data view: one row a step, the rows of an episode together and in the order of time.</summary>
internal sealed class TrajectoryReader
{
    private readonly string _what;
    private readonly PolicyColumns _names;
    private readonly DataViewRow _row;
    private readonly Func<string> _episode;
    private readonly Func<double> _return;
    private readonly Func<long>? _time;
    private readonly ValueGetter<VBuffer<float>> _stateGetter;
    private readonly ValueGetter<VBuffer<float>> _actionGetter;
    private readonly TrajectoryBuilder _builder;
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private readonly float[] _state;
    private readonly float[] _action;
    private string? _current;
    private int _step;
    private int _lastTime;

    private TrajectoryReader(DataViewRow row, string what, PolicyColumns names, StepColumns columns)
    {
        (_row, _what, _names) = (row, what, names);
        _episode = StepGetters.Text(row, Column(names.Episode));
        _return = StepGetters.Number(row, Column(names.Return));
        _time = names.Time is null ? null : StepGetters.WholeNumber(row, Column(names.Time));
        _stateGetter = row.GetGetter<VBuffer<float>>(Column(names.State));
        _actionGetter = row.GetGetter<VBuffer<float>>(Column(names.Action));
        (_state, _action) = (new float[columns.StateSize], new float[columns.ActionSize]);
        _builder = new TrajectoryBuilder(columns);
    }

    /// <summary>The sizes of state and action that a schema has.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public static StepColumns FindSizes(DataViewSchema schema, PolicyColumns names)
    {
        foreach (var name in names.Inputs().Where(name => schema.GetColumnOrNull(name) is null))
            throw ModelInput.MissingColumn(name, schema.Select(column => column.Name));
        StepGetters.CheckText(schema[names.Episode]);
        StepGetters.CheckNumber(schema[names.Return]);
        if (names.Time is not null)
            StepGetters.CheckWholeNumber(schema[names.Time]);
        return new StepColumns(StepGetters.VectorSize(schema[names.State]), StepGetters.VectorSize(schema[names.Action]));
    }

    /// <summary>Reads all episodes.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="what">What messages call them.</param>
    /// <param name="names">The columns.</param>
    /// <param name="checkAlive">Is called for every row.</param>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, a number is not finite, an episode is in two places, or there are no rows.</exception>
    public static TrajectorySet Read(IDataView data, string what, PolicyColumns names, Action checkAlive)
    {
        var columns = FindSizes(data.Schema, names);
        using var cursor = data.GetRowCursor([.. names.Inputs().Distinct().Select(name => data.Schema[name])]);
        var reader = new TrajectoryReader(cursor, what, names, columns);
        while (cursor.MoveNext())
        {
            checkAlive();
            reader.ReadRow();
        }
        return reader.Complete();
    }

    private TrajectorySet Complete()
    {
        if (_current is null)
            throw new ArgumentException($"The {_what} data has no rows.");
        EndEpisode();
        return _builder.Build();
    }

    private void ReadRow()
    {
        var episode = _episode();
        if (episode != _current)
            StartEpisode(episode);
        var time = _time is null ? _step : ReadTime();
        var reward = _return();
        if (!double.IsFinite(reward))
            throw NotFinite(_names.Return, -1, reward);
        ReadVector(_stateGetter, _state, _names.State);
        ReadVector(_actionGetter, _action, _names.Action);
        _builder.AddStep(reward, time, _state, _action);
        (_lastTime, _step) = (time, _step + 1);
    }

    private void StartEpisode(string episode)
    {
        EndEpisode();
        if (!_ended.Add(episode))
            throw new ArgumentException($"The rows of episode '{episode}' of the {_what} data do not stand together: sort the rows by column '{_names.Episode}', and within an episode by time.");
        _builder.StartEpisode();
        (_current, _step, _lastTime) = (episode, 0, -1);
    }

    private void EndEpisode()
    {
        if (_current is not null && _names.IsReward)
            _builder.SumRewards();
    }

    private int ReadTime()
    {
        var time = _time!();
        if (time <= _lastTime || time > int.MaxValue)
            throw new ArgumentException($"Column '{_names.Time}' of the {_what} data is {time} in step {_step + 1} of episode '{_current}'{(_step > 0 ? $", after {_lastTime}" : "")}; time steps must not be negative and must rise within an episode.");
        return (int)time;
    }

    private void ReadVector(ValueGetter<VBuffer<float>> getter, float[] values, string column)
    {
        VBuffer<float> buffer = default;
        getter(ref buffer);
        if (buffer.Length != values.Length)
            throw new ArgumentException($"Column '{column}' of the {_what} data has {buffer.Length} numbers in step {_step + 1} of episode '{_current}', not {values.Length}.");
        buffer.CopyTo(values);
        var strange = Array.FindIndex(values, value => !float.IsFinite(value));
        if (strange >= 0)
            throw NotFinite(column, strange, values[strange]);
    }

    private ArgumentException NotFinite(string column, int slot, double value) => new(string.Create(CultureInfo.InvariantCulture,
        $"Column '{column}' of the {_what} data is {value}{(slot < 0 ? "" : $" at place {slot}")} in step {_step + 1} of episode '{_current}'; every number must be finite."));

    private DataViewSchema.Column Column(string name) => _row.Schema[name];
}
